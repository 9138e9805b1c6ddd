import { make, type PageElement, setText } from './dom.ts';

/** A name and what is said of it. */
export type Fact = readonly [name: string, value: string];

/** Names and values, kept up in place. */
export class FactList {
  readonly #list: PageElement;
  #names = '';
  #values: PageElement[] = [];

  constructor(list: PageElement) {
    this.#list = list;
  }

  show(facts: readonly Fact[]): void {
    const names = facts.map(([name]) => name).join('\n');
    if (names !== this.#names) {
      this.#names = names;
      this.#values = facts.map(() => make('dd'));
      this.#list.replaceChildren(
        ...facts.flatMap(([name], index) => [make('dt', '', name), this.#values[index] as PageElement]),
      );
    }
    for (const [index, [, value]] of facts.entries()) setText(this.#values[index] as PageElement, value);
  }
}
