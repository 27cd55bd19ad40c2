-- The one thing incident-lead reads. Whatever lies behind it may change as long as these three columns stay.
create or replace view alaner_directory (slack_id, email, roles) as
select a.slack_id, a.email, coalesce(r.roles, '{}'::text[])
from alaner a
left join lateral (
  select array_agg(role_name order by role_name) as roles
  from alaner_role
  where alaner_id = a.id
) r on true
where a.slack_id is not null;

do $$
begin
  -- Looked up first: whoever may not create roles can still apply this file where the role exists.
  if not exists (select from pg_roles where rolname = 'alaner_directory_reader') then
    create role alaner_directory_reader nologin;
  end if;
exception
  when duplicate_object or unique_violation then null; -- created at the same moment
end
$$;

grant select on alaner_directory to alaner_directory_reader;

-- In production the function's IAM user is a member of the role:
--   grant alaner_directory_reader to "incident-lead@alan-eu-tools.iam";
