/**
 * What is kept between pages: in localStorage while it is open and the browser allows it, else for as long as the page
 * lives.
 */
export interface Memory {
  get: (name: string) => string | null;
  put: (name: string, value: string) => void;
  drop: (name: string) => void;
  /** Names that begin so, in order. */
  names: (prefix: string) => string[];
  /** Whether localStorage is used from now on; then also for what was kept in the page so far. */
  open: (disk: boolean) => void;
}

export function openMemory(): Memory {
  const page: Record<string, string> = {};
  let disk: Storage | undefined;
  const memory: Memory = {
    get: (name) => page[name] || (disk ? disk.getItem(name) : ''),
    put: (name, value) => {
      try {
        // fails where there is none, where it is forbidden, and where it is full
        disk!.setItem(name, value);
        delete page[name];
      } catch {
        page[name] = value;
      }
    },
    drop: (name) => {
      delete page[name];
      if (disk) disk.removeItem(name);
    },
    names: (prefix) =>
      Object.keys(page)
        .concat(Object.keys(disk || {}))
        .filter((name) => name.startsWith(prefix))
        .sort(),
    open: (use) => {
      disk = undefined;
      if (!use) return;
      try {
        disk = localStorage;
        for (const name in page) memory.put(name, page[name] as string);
      } catch {}
    },
  };
  return memory;
}

/** 128 random bits. */
export function random(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('');
}
