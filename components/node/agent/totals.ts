/**
 * How much totals have grown, each of which begins anew with what counts it: a worker of HAProxy's after a reload, a
 * cache that was started again. What one counts after the last look, and before it ends, is not seen.
 */
export class Growth {
  private former = new Map<string, number>();
  private isFirst = true;

  /**
   * @param totals by who counts; one that was not there at the last look counts from 0
   * @returns by how much all of them have grown together; 0 at the first look, which begins anew with the agent
   */
  of(totals: ReadonlyMap<string, number>): number {
    let grown = 0;
    for (const [who, total] of totals) {
      const former = this.former.get(who) ?? 0;
      grown += total >= former ? total - former : total;
    }
    this.former = new Map(totals);
    const result = this.isFirst ? 0 : grown;
    this.isFirst = false;
    return result;
  }
}
