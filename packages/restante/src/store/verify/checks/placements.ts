import type { DatabaseSync } from 'node:sqlite';
import { maildropName, type Problem, REPAIR } from '../problem.ts';
import type { IndexCheck } from './check.ts';

/** Each letter's sizes against those of its content, which is there. */
export const placements: IndexCheck = {
  name: 'placements',
  *find(index: DatabaseSync): Generator<Problem> {
    const rows = index
      .prepare(
        `SELECT p.maildrop, m.id AS known, m.name, p.unique_id, p.time, p.departed, c.id IS NULL AS lost,
           p.trace_octets > p.trace_distance OR p.trace_distance > c.traces AS outside
         FROM placements AS p LEFT JOIN contents AS c ON c.id = p.content LEFT JOIN maildrops AS m ON m.id = p.maildrop
         WHERE c.id IS NULL OR m.id IS NULL OR p.octets <> p.trace_octets + c.octets OR p.body <> p.trace_octets + c.body
           OR p.dotted < c.dotted OR p.trace_octets > p.trace_distance OR p.trace_distance > c.traces`,
      )
      .iterate();
    for (const row of rows) {
      const lost = row['lost'] === 1;
      yield {
        level: 'problem',
        check: 'placements',
        maildrop: maildropName(row['name'], row['maildrop']),
        uniqueId: String(row['unique_id']),
        arrived: Number(row['time']),
        left: row['departed'] !== 0,
        what: lost
          ? 'the index has no content for this letter'
          : row['known'] === null
            ? 'the index has a letter of a maildrop that is not there'
            : row['outside'] === 1
              ? 'the index has trace fields for this letter that are not within its record'
              : 'the index contradicts itself about the sizes of this letter',
        remedy: lost
          ? 'close the office and run restante repair --set-aside DIR, so that its owner’s client is not held up by it; a restore of an older backup may have it'
          : REPAIR,
      };
    }
  },
  /** The content's sizes are proved by its octets, those of the trace fields by their check. */
  mend(index: DatabaseSync) {
    // Of what has left nobody can bring back a letter that has no content.
    const lost = index
      .prepare('DELETE FROM placements WHERE departed <> 0 AND content NOT IN (SELECT id FROM contents)')
      .run().changes;
    const sized = Number(
      index
        .prepare(
          `UPDATE placements SET octets = trace_octets + c.octets, body = trace_octets + c.body, dotted = max(placements.dotted, c.dotted)
           FROM contents AS c WHERE c.id = placements.content AND trace_octets <= trace_distance AND trace_distance <= c.traces
             AND (placements.octets <> trace_octets + c.octets OR placements.body <> trace_octets + c.body OR placements.dotted < c.dotted)`,
        )
        .run().changes,
    );
    return sized + Number(lost);
  },
};
