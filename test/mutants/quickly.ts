import * as fc from "fast-check";

// That a property fails is enough here: nobody reads the smallest example, and to look for it takes a minute.
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
