// An Output that is coerced to a string throws instead of becoming a sentence about Outputs.
process.env.PULUMI_ERROR_OUTPUT_STRING = "true";
