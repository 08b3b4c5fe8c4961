/**
 * What the pure halves of all protocols here have in common: octets and answers in, effects out.
 * @module
 */
export { Dialogue } from './dialogue.ts';
export type { AnyAnswer, AnyQuestion, Machine, MachineEffect, MachineInput, QuestionOf } from './machine.ts';
export type { CommandWatch } from './watch.ts';
