-- Reference tables behind the directory, for local runs and tests. In production the owner of the alaners has tables of its own.
create table if not exists alaner (
  id uuid primary key default gen_random_uuid(),
  email text not null,
  slack_id text
);

create table if not exists alaner_role (
  alaner_id uuid not null references alaner (id) on delete cascade,
  role_name text not null,
  primary key (alaner_id, role_name)
);

-- The look-up is by Slack id. Not unique on purpose: two alaners with one Slack id is a fault that the function reports.
create index if not exists alaner_slack_id on alaner (slack_id);
