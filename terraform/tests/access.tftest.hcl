# Who may call, publish, read the secret and reach the database.

mock_provider "google" {
  source = "./tests/mocks"
}
mock_provider "archive" {}
mock_provider "time" {}

variables {
  bundles_folder    = "./tests/bundles"
  database_instance = "alan-backend"
  database_name     = "alan"
  vpc_network       = "shared"
  vpc_subnetwork    = "functions"
}

run "callers" {
  command = plan

  assert {
    condition     = [for m in google_cloud_run_service_iam_member.webhook_public : [m.service, m.role, m.member]] == [["incident-webhook", "roles/run.invoker", "allUsers"]]
    error_message = "The webhook is to be callable by everyone: its signature is the control."
  }

  assert {
    condition     = [google_cloud_run_service_iam_member.lead_push.service, google_cloud_run_service_iam_member.lead_push.role, google_cloud_run_service_iam_member.lead_push.member] == ["incident-lead", "roles/run.invoker", "serviceAccount:incident-lead-push@alan-eu-tools.iam.gserviceaccount.com"]
    error_message = "Only the push account may call incident-lead."
  }

  assert {
    condition     = google_cloudfunctions2_function.incident_lead.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
    error_message = "incident-lead must not be reachable from the internet."
  }

  assert {
    condition     = google_cloudfunctions2_function.incident_webhook.service_config[0].ingress_settings == "ALLOW_ALL"
    error_message = "incident.io calls from the internet."
  }

  assert {
    condition     = output.webhook_url == "https://incident-webhook-abc-ew.a.run.app/webhooks/incident/lead"
    error_message = "The address to paste is that of the service, with the one path it answers on."
  }
}

run "closed_webhook" {
  command = plan

  variables {
    webhook_public_access = false
  }

  assert {
    condition     = length(google_cloud_run_service_iam_member.webhook_public) == 0
    error_message = "webhook_public_access = false must leave no public binding."
  }
}

run "publisher_and_secret" {
  command = plan

  assert {
    condition     = [google_pubsub_topic_iam_member.webhook_publisher.topic, google_pubsub_topic_iam_member.webhook_publisher.role, google_pubsub_topic_iam_member.webhook_publisher.member] == ["incident-events", "roles/pubsub.publisher", "serviceAccount:incidentio-webhook@alan-eu-tools.iam.gserviceaccount.com"]
    error_message = "The webhook's account publishes, to the events topic."
  }

  assert {
    condition     = alltrue([for m in [google_secret_manager_secret_iam_member.webhook_accessor, google_secret_manager_secret_iam_member.webhook_viewer] : m.member == "serviceAccount:incidentio-webhook@alan-eu-tools.iam.gserviceaccount.com" && m.secret_id == "INCIDENT_WEBHOOK_SECRET"])
    error_message = "Only the webhook's account reads the signing secret."
  }

  assert {
    condition     = google_secret_manager_secret_iam_member.webhook_accessor.role == "roles/secretmanager.secretAccessor"
    error_message = "Reading a version takes secretAccessor."
  }

  assert {
    condition     = google_secret_manager_secret_iam_member.webhook_viewer.role == "roles/secretmanager.viewer"
    error_message = "Listing versions takes viewer; accessor alone breaks the rotation."
  }

  assert {
    condition     = google_secret_manager_secret.webhook_signing.deletion_protection
    error_message = "The secret must not be removable by Terraform."
  }

  assert {
    condition     = google_cloudfunctions2_function.incident_webhook.service_config[0].environment_variables.INCIDENT_WEBHOOK_SECRET == "projects/alan-eu-tools/secrets/INCIDENT_WEBHOOK_SECRET"
    error_message = "The function gets the secret's name, never a value."
  }

  assert {
    condition     = google_cloudfunctions2_function.incident_webhook.service_config[0].environment_variables.INCIDENT_EVENTS_TOPIC == "projects/alan-eu-tools/topics/incident-events"
    error_message = "The function gets the topic's full name."
  }
}

run "accounts" {
  command = plan

  assert {
    condition     = google_cloudfunctions2_function.incident_webhook.service_config[0].service_account_email == "incidentio-webhook@alan-eu-tools.iam.gserviceaccount.com"
    error_message = "The webhook runs as the principal that its events name."
  }

  assert {
    condition     = google_cloudfunctions2_function.incident_lead.service_config[0].service_account_email == "incident-lead@alan-eu-tools.iam.gserviceaccount.com"
    error_message = "incident-lead runs as an account of its own."
  }

  assert {
    condition     = alltrue([for f in [google_cloudfunctions2_function.incident_lead, google_cloudfunctions2_function.incident_webhook] : endswith(f.build_config[0].service_account, "/incident-build@alan-eu-tools.iam.gserviceaccount.com")])
    error_message = "Builds must not run as the Compute account."
  }

  assert {
    condition     = google_service_account_iam_member.agent_signs_push["incident-lead"].service_account_id == google_service_account.push["incident-lead"].name
    error_message = "The Pub/Sub agent signs as the push account alone."
  }
}

run "database" {
  command = plan

  assert {
    condition     = google_sql_user.incident_lead.name == "incident-lead@alan-eu-tools.iam" && google_sql_user.incident_lead.type == "CLOUD_IAM_SERVICE_ACCOUNT"
    error_message = "PostgreSQL knows an IAM account by its e-mail without .gserviceaccount.com."
  }

  assert {
    condition     = google_sql_user.incident_lead.password == null
    error_message = "IAM authentication needs no password."
  }

  assert {
    condition     = google_cloudfunctions2_function.incident_lead.service_config[0].environment_variables.DB_USER == google_sql_user.incident_lead.name
    error_message = "The function logs in as the user that is made."
  }

  assert {
    condition     = google_cloudfunctions2_function.incident_lead.service_config[0].environment_variables.CLOUD_SQL_INSTANCE == "alan-eu-tools:europe-west1:alan-backend"
    error_message = "The connector wants project:region:instance."
  }

  assert {
    condition = [for m in [google_project_iam_member.lead_cloudsql_client, google_project_iam_member.lead_cloudsql_user] : [m.role, m.member]] == [
      ["roles/cloudsql.client", "serviceAccount:incident-lead@alan-eu-tools.iam.gserviceaccount.com"],
      ["roles/cloudsql.instanceUser", "serviceAccount:incident-lead@alan-eu-tools.iam.gserviceaccount.com"],
    ]
    error_message = "incident-lead needs both roles: connecting and logging in."
  }

  assert {
    condition = alltrue([
      for m in [google_project_iam_member.lead_cloudsql_client, google_project_iam_member.lead_cloudsql_user] :
      m.condition[0].expression == "resource.name == \"projects/alan-eu-tools/instances/alan-backend\" && resource.type == \"sqladmin.googleapis.com/Instance\""
    ])
    error_message = "Both roles are for one instance only."
  }

  assert {
    condition     = google_cloudfunctions2_function.incident_lead.service_config[0].direct_vpc_egress == "VPC_EGRESS_PRIVATE_RANGES_ONLY" && google_cloudfunctions2_function.incident_lead.service_config[0].direct_vpc_network_interface[0].subnetwork == "functions"
    error_message = "The database is reached through the VPC."
  }
}

# Over the text of the module, so that what somebody adds later is seen too.
run "no_broad_grant" {
  command = plan

  assert {
    condition = toset(flatten([
      for f in fileset(path.module, "*.tf") : [for found in regexall("(?m)^\\s*role\\s*=\\s*(.*)$", file("${path.module}/${f}")) : trim(found[0], "\"")]
      ])) == toset([
      "roles/artifactregistry.writer",
      "roles/cloudsql.client",
      "roles/cloudsql.instanceUser",
      "roles/iam.serviceAccountOpenIdTokenCreator",
      "roles/logging.logWriter",
      "roles/pubsub.publisher",
      "roles/pubsub.subscriber",
      "roles/run.invoker",
      "roles/secretmanager.secretAccessor",
      "roles/secretmanager.viewer",
      "roles/storage.objectViewer",
    ])
    error_message = "A role that is not on this list needs a reason, and a line here. Never owner, editor, admin or a role for everyone."
  }

  assert {
    condition = length(flatten([
      for f in fileset(path.module, "*.tf") : regexall("resource \"google_[a-z0-9_]*(?:_iam_policy|_iam_binding|_service_account_key|_secret_version)\"", file("${path.module}/${f}"))
    ])) == 0
    error_message = "Authoritative IAM takes grants from others, keys are passwords, and a secret version stands in the state."
  }

  assert {
    condition     = length(flatten([for f in fileset(path.module, "*.tf") : regexall("\"all(?:Authenticated)?Users\"", file("${path.module}/${f}"))])) == 1
    error_message = "Exactly one binding may be public: the webhook's."
  }

  assert {
    condition = toset(flatten([
      for f in fileset(path.module, "*.tf") : regexall("resource \"google_project_iam_member\" \"(\\w+)\"", file("${path.module}/${f}"))
    ])) == toset(["build_log_writer", "build_reads_staging", "lead_cloudsql_client", "lead_cloudsql_user"])
    error_message = "A role on the project reaches everything in it: these four have no resource to be on."
  }

  assert {
    condition     = google_project_iam_member.build_reads_staging.condition[0].expression == "resource.name == \"projects/_/buckets/gcf-v2-sources-123456789012-europe-west1\" || resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-123456789012-europe-west1/\")"
    error_message = "The build account reads the staging bucket of Cloud Functions, no other, such as that of europe-west10."
  }
}
