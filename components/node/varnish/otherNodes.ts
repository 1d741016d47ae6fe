/** Which nodes there are to ask, or to be asked by, beside origins: what is not there has no line in the VCL. */
export interface OtherNodes {
  /** Some site has a shield. */
  readonly shields: boolean;
  /** The PoP's nodes are one cache. */
  readonly cluster: boolean;
}
