import morphdom from "morphdom";

/**
 * Gives an element other children, by changing those that it has: what is focused, scrolled or chosen stays so. A child
 * with `data-key` is that of the same key, wherever it stands.
 */
export function redraw(element: Element, ...children: readonly Node[]): void {
  const focused = document.activeElement;
  const next = element.cloneNode(false) as Element;
  next.append(...children);
  morphdom(element, next, {
    childrenOnly: true,
    getNodeKey: (node) => (node instanceof Element ? (node.getAttribute("data-key") ?? undefined) : undefined),
    onBeforeElUpdated: (from, to) => {
      if (from.isEqualNode(to)) {
        return false;
      }
      if (from instanceof HTMLSelectElement && to instanceof HTMLSelectElement) {
        keepChoice(from, to);
      }
      keepHue(from, to);
      return true;
    },
  });
  // What is moved loses the focus.
  if (focused !== document.activeElement && element.contains(focused)) {
    (focused as HTMLElement | SVGElement).focus({ preventScroll: true });
  }
}

/** The attribute, since that is what is compared. */
function keepChoice(from: HTMLSelectElement, to: HTMLSelectElement): void {
  const options = [...to.options];
  (options.find(({ value }) => value === from.value) ?? options[0])?.setAttribute("selected", "");
}

/** The page's policy forbids to set the attribute, and allows this. */
function keepHue(from: HTMLElement, to: HTMLElement): void {
  const hue = to.style.getPropertyValue("--hue");
  if (from.style.getPropertyValue("--hue") !== hue) {
    from.style.setProperty("--hue", hue);
  }
}
