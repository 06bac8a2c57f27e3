// The setting and the token in the fragment of the address.
import type { Setting } from "./protocol";

export function encoded(setting: Setting): string {
  const bytes = new TextEncoder().encode(JSON.stringify(setting));
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The setting written in a fragment, or null where it is none. */
export function decoded(text: string): Partial<Setting> | null {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Partial<Setting>) : null;
  } catch {
    return null;
  }
}

export interface Fragment {
  token: string | null;
  setting: Partial<Setting> | null;
}

export function fragment(hash: string): Fragment {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const setting = fields.get("s");
  return { token: fields.get("token"), setting: setting === null ? null : decoded(setting) };
}
