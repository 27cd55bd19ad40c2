import type { Lead } from '../../shared/incident-event.ts';
import type { Alaners } from './directory.ts';

/** The role an incident lead is expected to hold. */
export const REQUIRED_ROLE = 'AlanToolsBackendIamManager';

/**
 * Status categories in which the lead is not checked: the incident is still in its first phases.
 */
export const SKIPPED_STATUSES: ReadonlySet<string> = new Set(['triage', 'live']);

/** The result for one lead. */
export type Assessment =
  | { readonly outcome: 'no_slack_user' | 'unknown_alaner' | 'ambiguous_alaner' | 'lead_with_role' }
  | { readonly outcome: 'lead_without_role'; readonly email: string };

/**
 * Judges one lead.
 * @param alaners found for the Slack ids of all leads.
 */
export function assess({ slackUserId }: Lead, alaners: Alaners): Assessment {
  if (slackUserId === null) return { outcome: 'no_slack_user' };
  const [alaner, ...others] = alaners.get(slackUserId) ?? [];
  if (alaner === undefined) return { outcome: 'unknown_alaner' };
  if (others.length > 0) return { outcome: 'ambiguous_alaner' };
  if (alaner.roles.includes(REQUIRED_ROLE)) return { outcome: 'lead_with_role' };
  return { outcome: 'lead_without_role', email: alaner.email };
}
