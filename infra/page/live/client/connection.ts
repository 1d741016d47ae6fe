import type { LiveState } from "../state";

/** Milliseconds without a sign of life, of which the server gives one every five seconds, until it counts as lost. */
const ALIVE_PATIENCE = 15_000;

/** Milliseconds until a stream that was refused is asked for again; those that broke the browser asks for itself. */
const RETRY = 2000;

/** Connecting: not heard yet. Ended: it has said that it ends. Lost: it has not been heard. */
export type Contact = "connecting" | "live" | "ended" | "lost";

export interface Listener {
  state(state: LiveState): void;
  contact(contact: Contact): void;
}

/**
 * Listens to the server as long as the page is seen: a browser has few connections for one address, and a server that
 * nobody watches has nothing to do.
 *
 * @param run the server that sent the page
 */
export function listen(run: string, listener: Listener): void {
  let source: EventSource | undefined;
  let timer: number | undefined;
  let contact: Contact = "connecting";
  document.addEventListener("visibilitychange", attend);
  attend();

  function attend(): void {
    close();
    if (document.visibilityState === "visible") {
      open();
    }
  }

  function open(): void {
    const opened = new EventSource("events");
    source = opened;
    opened.addEventListener("hello", ({ data }: MessageEvent<string>) => {
      if (data !== run) {
        // Another server, perhaps of another version, which takes no order of this page.
        location.reload();
      }
    });
    opened.addEventListener("state", ({ data }: MessageEvent<string>) => {
      become("live");
      listener.state(JSON.parse(data) as LiveState);
    });
    opened.addEventListener("alive", () => {
      become("live");
    });
    opened.addEventListener("end", () => {
      become("ended");
    });
    opened.addEventListener("error", () => {
      become(contact === "ended" ? "ended" : "lost");
      if (opened.readyState === EventSource.CLOSED) {
        again(RETRY);
      }
    });
    again(ALIVE_PATIENCE);
  }

  function become(next: Contact): void {
    contact = next;
    listener.contact(next);
    again(ALIVE_PATIENCE);
  }

  /** Opens anew after that time, unless something is heard before. */
  function again(patience: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      close();
      become(contact === "ended" ? "ended" : "lost");
      open();
    }, patience);
  }

  function close(): void {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  }
}
