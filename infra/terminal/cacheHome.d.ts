/** `${XDG_CACHE_HOME:-~/.cache}/footprint`, or a temporary folder of this user's: where what can be made again is kept. */
export function cacheHome(): string;
