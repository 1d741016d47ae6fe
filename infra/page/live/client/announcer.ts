import type { LiveEvent } from "../state";

/** Milliseconds between two sentences: a screen reader shall finish the one. */
const PACE = 4000;

export interface Announcer {
  readonly element: HTMLElement;
  /** At once: the answer to what a person has done, or how it is with the server. */
  say(text: string): void;
  /** The worst of what has happened since the last sentence, and how much more there was. */
  tell(events: readonly LiveEvent[]): void;
}

/** Says what happens in a live region, in few words and not too often; the timeline holds all of it. */
export function announcer(element: HTMLElement): Announcer {
  let waiting: LiveEvent[] = [];
  let timer: number | undefined;
  return { element, say, tell };

  function say(text: string): void {
    element.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      speak();
    }, PACE);
  }

  function tell(events: readonly LiveEvent[]): void {
    waiting.push(...events);
    if (timer === undefined) {
      speak();
    }
  }

  function speak(): void {
    const told = waiting.find(({ kind }) => kind === "bad") ?? waiting.at(-1);
    if (told !== undefined) {
      const more = waiting.length - 1;
      waiting = [];
      say(`${sentence(told.text)}${more === 0 ? "" : ` And ${more} more; see the timeline.`}`);
    }
  }
}

/** An id or a region is written as it is, at the beginning too. */
export function sentence(text: string): string {
  const isWord = /^[a-z]+ /.test(text);
  return `${isWord ? `${text.slice(0, 1).toUpperCase()}${text.slice(1)}` : text}.`;
}
