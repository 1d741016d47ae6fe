/** `${XDG_CACHE_HOME:-~/.cache}/footprint`: where everything that can be made again is kept. */
export function cacheHome(): string;
