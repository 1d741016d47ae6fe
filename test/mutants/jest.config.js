"use strict";

const path = require("node:path");
const { projects, testTimeout } = require("../../jest.config");
const rooms = require("./rooms");

const [plain] = projects;
const room = rooms[process.env.FOOTPRINT_ROOM];
const setup = ["quickly.ts", ...(room.keepsPrograms ? ["keptPrograms.ts"] : [])];

/** The plain tests of a room, as Stryker runs them. @type {import("jest").Config} */
module.exports = {
  ...plain,
  testTimeout,
  rootDir: path.resolve(__dirname, "../.."),
  testEnvironment: path.join(__dirname, "world.js"),
  testMatch: room.tests.map((test) => `<rootDir>/test/${test}.test.ts`),
  setupFiles: [...plain.setupFiles, ...setup.map((file) => path.join(__dirname, file))],
};
