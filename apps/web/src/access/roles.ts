/** Who may do what: a viewer reads, an operator also commands and runs, an admin does everything. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What an API token is for; each stands for a role. */
export const SCOPES = ['read', 'operate', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whether somebody with a role may do what another one is needed for. */
export function reaches(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** The lesser of what a token is for and what its owner may do now. */
export function tokenRole(scope: Scope, owner: Role): Role {
  return ROLES[Math.min(SCOPES.indexOf(scope), ROLES.indexOf(owner))]!;
}
