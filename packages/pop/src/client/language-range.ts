const RANGE = /^(?:\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)$/;

/** Whether it may stand behind LANG: a basic language range (RFC 4647 §2.1). */
export function isLanguageRange(text: string): boolean {
  return RANGE.test(text);
}
