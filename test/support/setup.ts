import * as fc from "fast-check";

// An Output that is coerced to a string throws instead of becoming a sentence about Outputs.
process.env.PULUMI_ERROR_OUTPUT_STRING = "true";

// The same cases in every run: a test that goes red by chance says nothing of the change before it.
fc.configureGlobal({ seed: Number(process.env.FOOTPRINT_SEED ?? 20_261_122) });

// Without an engine Pulumi prints on the console what a program tells its operator.
const { log } = console;
console.log = (...said: unknown[]) => {
  if (!String(said[0]).startsWith("info: [runtime] ")) {
    log.apply(console, said);
  }
};
