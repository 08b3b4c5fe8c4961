import { destinationConformance } from './conformance.test.kit.ts';
import { mboxUnderTest } from './mbox.test.kit.ts';

destinationConformance('an mbox file', mboxUnderTest, {
  promise: 'exactly-once',
  has: ['prepared', 'reader', 'breaks', 'dying'],
});
