/** The place for a backup, or the data folder for a restore, holds something already. */
export class TargetNotEmpty extends Error {
  override readonly name = 'TargetNotEmpty';
}
