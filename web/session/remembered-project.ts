const name = 'tributary.project';

/** The project last looked at: where an address without one leads. Storage may be forbidden; then nothing is remembered. */
export function rememberedProject(): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

export function rememberProject(id: string): void {
  try {
    localStorage.setItem(name, id);
  } catch {
    // A private window without storage: the address still carries the project.
  }
}
