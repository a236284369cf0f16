/** SQL of today's person of a row of `tributary.sessions`; events have the same as their column `person_id`. */
export const sessionPerson = 'person_id';
