import { StoreError } from '@restante/pop/maildrop';
import type { AliasIndex } from '../../accounts/alias.ts';
import type { Imports } from '../../store/import.ts';
import type { AliasOffice } from './aliases.ts';
import { type ImportOffice, importedLetter } from './imports.ts';
import { writeAll } from './office.ts';

/** Imports and aliases of an office in the same process: the store's own methods. */
export function storeCounter(store: AliasIndex & Imports): ImportOffice & AliasOffice {
  return {
    async import(from, to) {
      const answers = [];
      for (let number = from; number < to; number += 1) {
        const { letter, terms } = importedLetter(number);
        const delivery = store.beginImport(terms);
        await writeAll(delivery, letter);
        answers.push(...delivery.commit());
      }
      return (await Promise.all(answers)).map((answer) => {
        if (answer instanceof StoreError) throw answer;
        return answer.uniqueId;
      });
    },

    setAlias: (alias) => (alias.accounts.length > 0 ? store.putAlias(alias) : store.removeAlias(alias.address)),
  };
}
