import { browser, type PageElement } from './dom.ts';

const SVG = 'http://www.w3.org/2000/svg';
/** Seconds that are drawn. */
const LENGTH = 60;

/** A line of the last minute. Decoration: the number beside it says the same to those who do not see it. */
export class Sparkline {
  readonly element: PageElement;
  readonly #line: PageElement;
  readonly #values: number[] = [];

  constructor() {
    this.element = svg('svg', { class: 'spark', viewBox: `0 0 ${LENGTH - 1} 20`, preserveAspectRatio: 'none' });
    this.element.setAttribute('aria-hidden', 'true');
    this.#line = svg('polyline', { points: '' });
    this.element.append(
      svg('line', { class: 'base', x1: '0', y1: '19.5', x2: String(LENGTH - 1), y2: '19.5' }),
      this.#line,
    );
  }

  /** Takes the value of another second. */
  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > LENGTH) this.#values.shift();
    const highest = Math.max(...this.#values, 1);
    const start = LENGTH - this.#values.length;
    this.#line.setAttribute(
      'points',
      this.#values.map((each, index) => `${start + index},${(19 - (each / highest) * 18).toFixed(1)}`).join(' '),
    );
  }
}

/** A bar that shows a part of a whole, 0…1. */
export class ShareBar {
  readonly element: PageElement;
  readonly #part: PageElement;

  constructor() {
    this.element = svg('svg', { class: 'share', viewBox: '0 0 100 4', preserveAspectRatio: 'none' });
    this.element.setAttribute('aria-hidden', 'true');
    this.#part = svg('rect', { class: 'part', width: '0', height: '4' });
    this.element.append(svg('rect', { class: 'all', width: '100', height: '4' }), this.#part);
  }

  set(share: number): void {
    this.#part.setAttribute('width', (Math.min(1, Math.max(0, share)) * 100).toFixed(1));
  }
}

function svg(tag: string, attributes: Readonly<Record<string, string>>): PageElement {
  const element = browser.document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
