"use strict";

const path = require("node:path");
const { projects } = require("../../jest.config");
const rooms = require("./rooms");

const [plain] = projects;

/** The plain tests of a room, as Stryker runs them. @type {import("jest").Config} */
module.exports = {
  ...plain,
  rootDir: path.resolve(__dirname, "../.."),
  testEnvironment: path.join(__dirname, "world.js"),
  testMatch: rooms[process.env.FOOTPRINT_ROOM].tests.map((test) => `<rootDir>/test/${test}.test.ts`),
  setupFiles: [...plain.setupFiles, path.join(__dirname, "quickly.ts")],
  filter: path.join(__dirname, "only.js"),
};
