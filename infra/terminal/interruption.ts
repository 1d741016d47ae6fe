import { SIGNALS } from "./confirm";

/** Resolves at Ctrl-C, at the end of the terminal, or when something else asks this process to stop: none of it ends it. */
export function stopSignal(): Promise<"stopped"> {
  return new Promise((resolve) => {
    SIGNALS.forEach((signal) =>
      process.on(signal, () => {
        resolve("stopped");
      }),
    );
  });
}

/**
 * Aborted by Ctrl-C, or another signal that ends a process: for a command that runs until then, and ends well by it. A
 * second one ends the process at once.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const end = (): void => {
    SIGNALS.forEach((signal) => process.off(signal, end));
    controller.abort();
  };
  SIGNALS.forEach((signal) => process.on(signal, end));
  return controller.signal;
}
