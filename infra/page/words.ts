// Figures for a reader. Pure: pages in the browser run this very file.

/** Milliseconds: whole, since no figure is better than that. */
export function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}

/** A part: whole percents from ten, else one decimal. */
export function percent(part: number): string {
  const value = part * 100;
  return `${value >= 9.95 || value === 0 ? value.toFixed(0) : value.toFixed(1)} %`;
}

/** A SHA-256 as people compare it. */
export function short(sha256: string): string {
  return sha256.slice(0, 12);
}
