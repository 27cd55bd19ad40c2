# The public HTTP function: verifies the signature, publishes the event.

resource "google_service_account" "incident_webhook" {
  project      = var.project
  account_id   = "incidentio-webhook"
  display_name = "incident-webhook"
  description  = "Publishes to the incident events topic and reads the signing secret; the principal named in every event."
}

resource "google_cloudfunctions2_function" "incident_webhook" {
  project     = var.project
  location    = var.region
  name        = "incident-webhook"
  description = "Verifies incident.io webhooks and publishes incident updates to ${google_pubsub_topic.incident_events.name}"

  build_config {
    runtime           = var.runtime
    entry_point       = "incidentWebhook"
    docker_repository = google_artifact_registry_repository.functions.id
    service_account   = google_service_account.build.id

    environment_variables = local.build_environment

    source {
      storage_source {
        bucket     = google_storage_bucket_object.bundle["incident-webhook"].bucket
        object     = google_storage_bucket_object.bundle["incident-webhook"].name
        generation = google_storage_bucket_object.bundle["incident-webhook"].generation
      }
    }
  }

  service_config {
    service_account_email = google_service_account.incident_webhook.email
    ingress_settings      = "ALLOW_ALL" # incident.io calls from the internet, from addresses it does not promise

    available_cpu                    = var.incident_webhook.cpu
    available_memory                 = var.incident_webhook.memory
    max_instance_count               = var.incident_webhook.max_instances
    max_instance_request_concurrency = var.incident_webhook.concurrency
    min_instance_count               = var.incident_webhook.min_instances
    timeout_seconds                  = var.incident_webhook.timeout_seconds
    all_traffic_on_latest_revision   = !contains(var.pinned_traffic, "incident-webhook")

    # Made of names, not of computed ids: a value unknown at plan makes the provider's final plan inconsistent.
    environment_variables = {
      GOOGLE_CLOUD_PROJECT    = var.project
      INCIDENT_EVENTS_TOPIC   = "projects/${var.project}/topics/${google_pubsub_topic.incident_events.name}"
      INCIDENT_WEBHOOK_SECRET = "projects/${var.project}/secrets/${google_secret_manager_secret.webhook_signing.secret_id}"
      LOG_EXECUTION_ID        = "true" # set by the service on new functions; named here so that no plan takes it away
      LOG_LEVEL               = var.log_level
      NODE_ENV                = "production"
      NODE_OPTIONS            = local.node_options
    }
  }

  # The first request after a deployment must find every role in place.
  depends_on = [
    google_pubsub_topic_iam_member.webhook_publisher,
    google_secret_manager_secret_iam_member.webhook_accessor,
    google_secret_manager_secret_iam_member.webhook_viewer,
    time_sleep.build_roles,
  ]
}

# incident.io has no Google identity to call with: the signature over the body is the control. The only public binding.
resource "google_cloud_run_service_iam_member" "webhook_public" {
  count = var.webhook_public_access ? 1 : 0

  project  = var.project
  location = var.region
  service  = google_cloudfunctions2_function.incident_webhook.name
  role     = "roles/run.invoker"
  member   = "allUsers"

  lifecycle {
    # A function that is made anew comes without its bindings.
    replace_triggered_by = [google_cloudfunctions2_function.incident_webhook.id]
  }
}
