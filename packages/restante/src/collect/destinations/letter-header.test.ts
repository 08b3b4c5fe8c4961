import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topmostField } from './letter-header.ts';

const find = (text: string, name = 'Delivered-To') => topmostField(Buffer.from(text, 'latin1'), name);

test('the topmost of several, whatever its case, with blanks round it or none', () => {
  assert.equal(
    find('A: b\r\nDELIVERED-to:  anna@example.org \r\nDelivered-To: bert@example.org\r\n\r\n'),
    'anna@example.org',
  );
  assert.equal(find('Delivered-To : anna@example.org\n\n'), 'anna@example.org');
  assert.equal(find('delivered-to:anna@example.org'), 'anna@example.org');
  assert.equal(find('Delivered-To:\r\n\r\n'), '');
});

test('a field that is folded is one line (RFC 5322 §2.2.3)', () => {
  assert.equal(find('Delivered-To:\r\n anna@example.org\r\nA: b\r\n\r\n'), 'anna@example.org');
  assert.equal(find('Delivered-To: anna\r\n\t@example.org\r\n ,x\r\n\r\n'), 'anna\t@example.org ,x');
});

test('what is no field of that name is none', () => {
  assert.equal(find('X-Delivered-To: a@b\r\nDelivered-To-X: a@b\r\nSubject: Delivered-To: a@b\r\n\r\n'), undefined);
  assert.equal(find('A: b\r\n Delivered-To: a@b\r\n\r\n'), undefined, 'it belongs to the field before it');
  assert.equal(find('A: b\r\n\r\nDelivered-To: a@b\r\n'), undefined, 'it stands in the body');
  assert.equal(find('\r\nDelivered-To: a@b\r\n'), undefined, 'there is no header');
  assert.equal(find('Subject: x\rDelivered-To: a@b\r\n\r\n'), undefined, 'a CR that stands alone ends no line');
  assert.equal(find('Delivered_To: a@b\r\n\r\n', 'Delivered.To'), undefined, 'a name is no pattern');
});
