/*
 * The part of the browser that this page uses. The project's types are Node's; these few lines spare it the browser's,
 * whose globals would hide mistakes everywhere else.
 */

/** An element, or anything in its place. */
export interface PageElement {
  id: string;
  textContent: string | null;
  className: string;
  hidden: boolean;
  value: string;
  open: boolean;
  returnValue: string;
  readonly dataset: Record<string, string | undefined>;
  readonly children: ArrayLike<PageElement>;
  readonly classList: { toggle(name: string, force: boolean): void };
  append(...children: (PageElement | string)[]): void;
  replaceChildren(...children: (PageElement | string)[]): void;
  insertBefore(child: PageElement, before: PageElement | null): void;
  prepend(child: PageElement): void;
  remove(): void;
  focus(): void;
  scrollIntoView(options: { readonly block: 'nearest' }): void;
  showModal(): void;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelector(selector: string): PageElement | null;
  addEventListener(type: string, listener: (event: PageEvent) => void, options?: { readonly once: boolean }): void;
}

/** An event, as far as it is looked at. */
export interface PageEvent {
  readonly key?: string;
  readonly data?: string;
  preventDefault(): void;
}

/** Server-sent events. */
export interface PageEventSource {
  readonly readyState: number;
  onmessage: ((event: PageEvent) => void) | null;
  onerror: (() => void) | null;
  /** Events that have a name. */
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
  close(): void;
}

interface Page {
  readonly document: {
    title: string;
    readonly body: PageElement;
    readonly activeElement: PageElement | null;
    getElementById(id: string): PageElement | null;
    createElement(tag: string): PageElement;
    createElementNS(namespace: string, tag: string): PageElement;
    querySelectorAll(selector: string): Iterable<PageElement>;
    addEventListener(type: string, listener: (event: PageEvent) => void): void;
  };
  readonly location: { hash: string; readonly origin: string };
  readonly history: { replaceState(state: undefined, unused: string, url: string): void };
  readonly EventSource: new (url: string) => PageEventSource;
  addEventListener(type: string, listener: () => void): void;
}

/** The browser's globals. */
export const browser: Page = globalThis as unknown as Page;

/** The element with this id. @throws Error when the page has none: it and its modules are of different versions */
export function byId(id: string): PageElement {
  const element = browser.document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** A new element with a class and children. */
export function make(tag: string, className = '', ...children: readonly (PageElement | string)[]): PageElement {
  const element = browser.document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...children);
  return element;
}

/** What each element was last set to: to ask the page for its text costs more than all the rest. */
const texts = new WeakMap<PageElement, string>();

/** Sets the text, if it is another: what does not change is not touched. Nothing else may set the element's text. */
export function setText(element: PageElement, text: string): void {
  if (texts.get(element) === text) return;
  texts.set(element, text);
  element.textContent = text;
}

/** Sets a badge's words and colour; the words carry the meaning, the colour repeats it. */
export function setBadge(element: PageElement, text: string, tone: 'good' | 'warn' | 'bad' | 'quiet'): void {
  setText(element, text);
  if (element.dataset.tone !== tone) element.dataset.tone = tone;
}
