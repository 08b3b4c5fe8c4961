import { existsSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { schemaVersion } from '../store/index/sqlite/schema.ts';
import { dataFolder, segmentPath } from '../store/letters/segments/folder.ts';
import { error, type Finding, ok, warning } from './finding.ts';
import { hasLog, openToLook, readHeader } from './index-file.ts';

/** 'rest' in ASCII, which the index has for its application id. */
const OURS = 0x72_65_73_74;
/** Larger indexes are not read through: that would take more than a moment. */
const QUICK = 64 * 2 ** 20;

/** What came of looking at the store; `index` is open when accounts can be read from it, and to be closed by the caller. */
export interface StoreExamined {
  readonly findings: readonly Finding[];
  readonly index: DatabaseSync | undefined;
}

/** The version of the store, and whether it is sound at a glance: what takes long is left to a backup, which reads everything. */
export function examineStore(data: string, officeIsOpen: boolean): StoreExamined {
  const folder = dataFolder(data);
  if (!existsSync(folder.index)) return only(ok('there is no mail yet: the store is made at the first start'));
  const header = readHeader(folder.index, officeIsOpen);
  const other = `put the office's own file back from a backup, or name another data folder`;
  if (header === undefined) return only(error(`${folder.index} is no index of a post office`, other));
  const { version, application } = header;
  if (version > 0 && application !== OURS) return only(error(`${folder.index} is another program's`, other));
  if (version > schemaVersion) {
    const what = `the store has version ${version}; this program knows versions up to ${schemaVersion}`;
    return only(error(what, 'use the newer program that wrote it, or restore an older backup'));
  }
  if (!officeIsOpen && hasLog(folder.index)) {
    const what =
      'the office was not closed in good order; nothing is lost by that, and its store is not looked into until then';
    return only(warning(what, 'open the office: it takes over what is in the log'));
  }
  if (version < schemaVersion) {
    const what = `the store has version ${version}, and is brought to ${schemaVersion} at the next start`;
    return only(
      version === 0
        ? ok('the store is empty')
        : warning(what, 'make a backup before, if you may want the older program back'),
    );
  }
  const index = openToLook(folder.index, officeIsOpen);
  try {
    return { findings: [ok(`the store has version ${version}`), ...soundness(index, data, officeIsOpen)], index };
  } catch (thrown) {
    index.close();
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return only(error(`${folder.index} cannot be read: ${why}`, 'restore the last backup into another data folder'));
  }
}

function only(finding: Finding): StoreExamined {
  return { findings: [finding], index: undefined };
}

function* soundness(index: DatabaseSync, data: string, officeIsOpen: boolean): Generator<Finding> {
  const missing = missingSegments(index, data);
  if (missing.length > 0) {
    const remedy =
      'put them back from a backup before anything else is done; restante restore makes a folder that is whole';
    yield error(`files of letters are missing or cut short: ${missing.slice(0, 5).join(', ')}`, remedy);
  }
  const { index: path } = dataFolder(data);
  if (officeIsOpen || statSync(path).size > QUICK) return;
  const found = index.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (found === 'ok') yield ok('the index is sound');
  else yield error(`the index is damaged: ${String(found)}`, 'restore the last backup into another data folder');
}

/** Segments that the index knows and that are not there whole. */
function missingSegments(index: DatabaseSync, data: string): readonly string[] {
  const rows = index.prepare('SELECT number, octets FROM segments').all();
  return rows
    .filter(({ number, octets }) => {
      const there = statSync(segmentPath(dataFolder(data), Number(number)), { throwIfNoEntry: false });
      return there === undefined || there.size < Number(octets);
    })
    .map(({ number }) => segmentPath(dataFolder(data), Number(number)));
}
