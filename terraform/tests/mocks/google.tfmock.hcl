# What the provider and the API would answer at plan: enough of it that each account and address can be told from the rest.

mock_data "google_project" {
  defaults = {
    number = "123456789012"
  }
}

mock_data "google_sql_database_instance" {
  defaults = {
    connection_name    = "alan-eu-tools:europe-west1:alan-backend"
    database_version   = "POSTGRES_15"
    private_ip_address = "10.0.0.3"
    settings = [{
      database_flags   = [{ name = "cloudsql.iam_authentication", value = "on" }]
      ip_configuration = []
    }]
  }
}

override_resource {
  target          = google_service_account.build
  override_during = plan
  values = {
    email  = "incident-build@alan-eu-tools.iam.gserviceaccount.com"
    id     = "projects/alan-eu-tools/serviceAccounts/incident-build@alan-eu-tools.iam.gserviceaccount.com"
    member = "serviceAccount:incident-build@alan-eu-tools.iam.gserviceaccount.com"
    name   = "projects/alan-eu-tools/serviceAccounts/incident-build@alan-eu-tools.iam.gserviceaccount.com"
  }
}

override_resource {
  target          = google_service_account.incident_lead
  override_during = plan
  values = {
    email  = "incident-lead@alan-eu-tools.iam.gserviceaccount.com"
    id     = "projects/alan-eu-tools/serviceAccounts/incident-lead@alan-eu-tools.iam.gserviceaccount.com"
    member = "serviceAccount:incident-lead@alan-eu-tools.iam.gserviceaccount.com"
    name   = "projects/alan-eu-tools/serviceAccounts/incident-lead@alan-eu-tools.iam.gserviceaccount.com"
  }
}

override_resource {
  target          = google_service_account.incident_webhook
  override_during = plan
  values = {
    email  = "incidentio-webhook@alan-eu-tools.iam.gserviceaccount.com"
    id     = "projects/alan-eu-tools/serviceAccounts/incidentio-webhook@alan-eu-tools.iam.gserviceaccount.com"
    member = "serviceAccount:incidentio-webhook@alan-eu-tools.iam.gserviceaccount.com"
    name   = "projects/alan-eu-tools/serviceAccounts/incidentio-webhook@alan-eu-tools.iam.gserviceaccount.com"
  }
}

override_resource {
  target          = google_service_account.push["incident-lead"]
  override_during = plan
  values = {
    email  = "incident-lead-push@alan-eu-tools.iam.gserviceaccount.com"
    id     = "projects/alan-eu-tools/serviceAccounts/incident-lead-push@alan-eu-tools.iam.gserviceaccount.com"
    member = "serviceAccount:incident-lead-push@alan-eu-tools.iam.gserviceaccount.com"
    name   = "projects/alan-eu-tools/serviceAccounts/incident-lead-push@alan-eu-tools.iam.gserviceaccount.com"
  }
}

override_resource {
  target          = google_service_account.push["statistics"]
  override_during = plan
  values = {
    email  = "statistics-push@alan-eu-tools.iam.gserviceaccount.com"
    id     = "projects/alan-eu-tools/serviceAccounts/statistics-push@alan-eu-tools.iam.gserviceaccount.com"
    member = "serviceAccount:statistics-push@alan-eu-tools.iam.gserviceaccount.com"
    name   = "projects/alan-eu-tools/serviceAccounts/statistics-push@alan-eu-tools.iam.gserviceaccount.com"
  }
}

override_resource {
  target          = google_cloudfunctions2_function.incident_lead
  override_during = plan
  values = {
    service_config = { uri = "https://incident-lead-abc-ew.a.run.app" }
    url            = "https://europe-west1-alan-eu-tools.cloudfunctions.net/incident-lead"
  }
}

override_resource {
  target          = google_cloudfunctions2_function.incident_webhook
  override_during = plan
  values = {
    service_config = { uri = "https://incident-webhook-abc-ew.a.run.app" }
    url            = "https://europe-west1-alan-eu-tools.cloudfunctions.net/incident-webhook"
  }
}

override_resource {
  target          = google_pubsub_topic.incident_events
  override_during = plan
  values          = { id = "projects/alan-eu-tools/topics/incident-events" }
}

override_resource {
  target          = google_pubsub_topic.dead_letter["incident-lead"]
  override_during = plan
  values          = { id = "projects/alan-eu-tools/topics/incident-lead-dead-letter" }
}

override_resource {
  target          = google_pubsub_topic.dead_letter["statistics"]
  override_during = plan
  values          = { id = "projects/alan-eu-tools/topics/statistics-dead-letter" }
}

override_resource {
  target          = google_pubsub_topic.dead_letter["archive"]
  override_during = plan
  values          = { id = "projects/alan-eu-tools/topics/archive-dead-letter" }
}

override_resource {
  target          = google_storage_bucket_object.bundle["incident-lead"]
  override_during = plan
  values          = { generation = 11 }
}

override_resource {
  target          = google_storage_bucket_object.bundle["incident-webhook"]
  override_during = plan
  values          = { generation = 22 }
}
