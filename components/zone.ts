/** An availability zone by its id, which names the same place in every account (`use1-az1`; zone names differ). */
export interface Zone {
  readonly id: string;
  /** The zone's fixed number in its region, 0 to 7: it decides the zone's addresses, whichever zones are in use. */
  readonly number: number;
}
