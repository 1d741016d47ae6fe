import { html } from "./dom";

/** What stands at a mark of the map, shown beside it while the pointer or the focus is there, until Escape. */
export function tooltip(map: SVGElement): HTMLElement {
  const box = html("div", { class: "tooltip", role: "tooltip", hidden: true });
  const show = (event: Event): void => {
    const mark = event.target instanceof Element ? event.target.closest("[data-text]") : null;
    const text = mark?.getAttribute("data-text");
    if (mark === null || text === null || text === undefined) {
      hide();
      return;
    }
    box.textContent = text;
    box.hidden = false;
    const at = mark.getBoundingClientRect();
    const { width, height } = box.getBoundingClientRect();
    const left = Math.min(
      Math.max(4, at.left + at.width / 2 - width / 2),
      document.documentElement.clientWidth - width - 4,
    );
    const above = at.top - height - 6;
    box.style.setProperty("left", `${left}px`);
    box.style.setProperty("top", `${above < 4 ? at.bottom + 6 : above}px`);
  };
  const hide = (): void => {
    box.hidden = true;
  };
  map.addEventListener("pointerover", show);
  map.addEventListener("focusin", show);
  map.addEventListener("pointerleave", hide);
  map.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, { passive: true });
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") {
      hide();
    }
  });
  return box;
}
