import type { ServerResponse } from "node:http";

/** Milliseconds after which a page that has lost the server tries again. */
const RETRY = 1000;

/** Milliseconds between two signs of life: see ALIVE_PATIENCE of the page. */
const ALIVE = 5000;

/** Milliseconds in which changes are gathered into one message: a person sees no more than a few a second. */
const GATHERING = 200;

/** What a stream carries, as its page hears it. */
export type Message = "hello" | "state" | "alive" | "end";

/** A message in the format of HTML, "Server-sent events": what a line break ends is one more `data` line. */
export function messageText(event: Message, data: string, id?: number): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}${lines.join("")}\n`;
}

/**
 * Sends whoever listens the newest state: all of it, so that a listener who comes late, or again, has missed nothing. One
 * that is slow misses states, and costs no memory.
 */
export class Stream {
  /** Who listens, and the number of the state that was sent last. */
  private readonly listeners = new Map<ServerResponse, number>();
  private readonly waiting: (() => void)[] = [];
  private alive: NodeJS.Timeout | undefined;
  private gathering: NodeJS.Timeout | undefined;
  private number = 0;
  private ended = false;

  /** @param run what tells this server from the next one at its address */
  constructor(
    private latest: string,
    private readonly run: string,
  ) {}

  get size(): number {
    return this.listeners.size;
  }

  show(state: string): void {
    this.latest = state;
    this.number += 1;
    if (this.ended) {
      return;
    }
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      this.listeners.forEach((_, listener) => {
        this.send(listener);
      });
    }, GATHERING);
  }

  add(listener: ServerResponse): void {
    listener.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", Connection: "close" });
    listener.write(`retry: ${RETRY}\n${messageText("hello", this.run)}`);
    this.listeners.set(listener, -1);
    this.send(listener);
    listener.on("drain", () => {
      this.send(listener);
    });
    listener.on("close", () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        clearInterval(this.alive);
        this.alive = undefined;
      }
    });
    this.alive ??= setInterval(() => {
      this.listeners.forEach((_, each) => {
        if (!each.writableNeedDrain) {
          each.write(messageText("alive", ""));
        }
      });
    }, ALIVE);
    this.waiting.splice(0).forEach((resume) => {
      resume();
    });
  }

  /** Until somebody listens, or the stream has ended. */
  async listened(): Promise<void> {
    if (this.listeners.size === 0 && !this.ended) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.gathering);
    clearInterval(this.alive);
    this.listeners.forEach((_, listener) => listener.end(messageText("end", "")));
    this.waiting.splice(0).forEach((resume) => {
      resume();
    });
  }

  private send(listener: ServerResponse): void {
    // One that is behind gets the newest when it has read what it has.
    if (!listener.writableNeedDrain && this.listeners.get(listener) !== this.number) {
      this.listeners.set(listener, this.number);
      listener.write(messageText("state", this.latest, this.number));
    }
  }
}
