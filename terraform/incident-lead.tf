# The private function behind the topic: looks the lead up and writes the line.

resource "google_service_account" "incident_lead" {
  project      = var.project
  account_id   = "incident-lead"
  display_name = "incident-lead"
  description  = "Reads the alaner directory on one Cloud SQL instance, and nothing else."
}

resource "google_cloudfunctions2_function" "incident_lead" {
  project     = var.project
  location    = var.region
  name        = "incident-lead"
  description = "Checks the lead of each incident update against the alaner directory"

  build_config {
    runtime           = var.runtime
    entry_point       = "incidentLead"
    docker_repository = google_artifact_registry_repository.functions.id
    service_account   = google_service_account.build.id

    environment_variables = local.build_environment

    source {
      storage_source {
        bucket     = google_storage_bucket_object.bundle["incident-lead"].bucket
        object     = google_storage_bucket_object.bundle["incident-lead"].name
        generation = google_storage_bucket_object.bundle["incident-lead"].generation
      }
    }
  }

  service_config {
    service_account_email = google_service_account.incident_lead.email
    ingress_settings      = "ALLOW_INTERNAL_ONLY" # Pub/Sub push from this project counts as internal

    available_cpu                    = var.incident_lead.cpu
    available_memory                 = var.incident_lead.memory
    max_instance_count               = var.incident_lead.max_instances
    max_instance_request_concurrency = var.incident_lead.concurrency
    min_instance_count               = var.incident_lead.min_instances
    timeout_seconds                  = var.incident_lead.timeout_seconds
    all_traffic_on_latest_revision   = !contains(var.pinned_traffic, "incident-lead")

    # Private ranges only: the database is reached through the VPC, Google's APIs are not.
    direct_vpc_egress = "VPC_EGRESS_PRIVATE_RANGES_ONLY"
    direct_vpc_network_interface {
      network    = var.vpc_network
      subnetwork = var.vpc_subnetwork
    }

    # Made of names, not of computed ids: a value unknown at plan makes the provider's final plan inconsistent.
    environment_variables = {
      CLOUD_SQL_INSTANCE   = data.google_sql_database_instance.alaners.connection_name
      DB_IP_TYPE           = var.database_ip_type
      DB_NAME              = var.database_name
      DB_POOL_MAX          = tostring(var.database_pool_max)
      DB_SCHEMA            = var.database_schema
      DB_USER              = local.database_user
      GOOGLE_CLOUD_PROJECT = var.project
      LOG_EXECUTION_ID     = "true" # set by the service on new functions; named here so that no plan takes it away
      LOG_LEVEL            = var.log_level
      NODE_ENV             = "production"
      NODE_OPTIONS         = local.node_options
    }
  }

  lifecycle {
    precondition {
      condition     = local.database_connections < local.database_connection_limit
      error_message = "Expected fewer than ${local.database_connection_limit} database connections, got ${local.database_connections} = 2 (old and new revision) x ${var.incident_lead.max_instances} instances x ${var.database_pool_max} connections. Lower incident_lead.max_instances or database_pool_max, or raise max_connections and database_connection_limit."
    }
    precondition {
      condition     = var.incident_lead.timeout_seconds < local.lead_ack_deadline_seconds
      error_message = "Expected incident_lead.timeout_seconds below the ack deadline of ${local.lead_ack_deadline_seconds} s, got ${var.incident_lead.timeout_seconds}. Lower it: Pub/Sub would deliver again what is still being worked on."
    }
  }

  # The first message after a deployment must find every role in place.
  depends_on = [
    google_project_iam_member.lead_cloudsql_client,
    google_project_iam_member.lead_cloudsql_user,
    google_sql_user.incident_lead,
    time_sleep.build_roles,
  ]
}

# Pub/Sub calls the function as this account; nobody else may. (roles/cloudfunctions.invoker would not do: a gen 2
# function is a Cloud Run service.)
resource "google_cloud_run_service_iam_member" "lead_push" {
  project  = var.project
  location = var.region
  service  = google_cloudfunctions2_function.incident_lead.name
  role     = "roles/run.invoker"
  member   = google_service_account.push["incident-lead"].member

  lifecycle {
    # A function that is made anew comes without its bindings.
    replace_triggered_by = [google_cloudfunctions2_function.incident_lead.id]
  }
}
