# The topic of incident updates and everything that hangs on it: one subscription with its own dead letter per subscriber.

locals {
  lead_ack_deadline_seconds = 90

  # incident-lead is a subscriber like any other, apart from its address, which this module knows by itself.
  subscribers = merge(var.subscribers, {
    incident-lead = {
      ack_deadline_seconds = local.lead_ack_deadline_seconds
      filter               = ""
      push = {
        # The service's own address: it is what the token's audience is compared with.
        audience = google_cloudfunctions2_function.incident_lead.service_config[0].uri
        endpoint = google_cloudfunctions2_function.incident_lead.service_config[0].uri
      }
      readers = toset([])
    }
  })
  # Names alone, since the address of incident-lead is unknown until the function exists.
  subscriber_names = toset(concat(["incident-lead"], keys(var.subscribers)))
  push_subscribers = toset(concat(["incident-lead"], [for name, s in var.subscribers : name if s.push != null]))

  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_topic" "incident_events" {
  project = var.project
  name    = "incident-events"

  # A new subscriber can replay a week, and so can an old one whose fault was found late.
  message_retention_duration = "604800s"

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

# The webhook publishes, on this one topic. Publisher cannot read.
resource "google_pubsub_topic_iam_member" "webhook_publisher" {
  project = var.project
  topic   = google_pubsub_topic.incident_events.name
  role    = "roles/pubsub.publisher"
  member  = google_service_account.incident_webhook.member
}

resource "google_pubsub_subscription" "subscriber" {
  for_each = local.subscribers

  project = var.project
  name    = each.key
  topic   = google_pubsub_topic.incident_events.id
  filter  = each.value.filter

  ack_deadline_seconds       = each.value.ack_deadline_seconds
  message_retention_duration = "604800s"

  # Never: the default removes a subscription after 31 quiet days, and every message after that is lost.
  expiration_policy {
    ttl = ""
  }

  dynamic "push_config" {
    for_each = contains(local.push_subscribers, each.key) ? [each.value.push] : []

    content {
      push_endpoint = push_config.value.endpoint

      oidc_token {
        audience              = coalesce(push_config.value.audience, push_config.value.endpoint)
        service_account_email = google_service_account.push[each.key].email
      }
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letter[each.key].id
    max_delivery_attempts = var.delivery_attempts
  }

  # Deliveries before these roles exist would be refused, and counted as attempts.
  depends_on = [
    google_cloud_run_service_iam_member.lead_push,
    google_pubsub_topic_iam_member.agent_publishes_dead_letters,
    google_service_account_iam_member.agent_signs_push,
  ]
}

# Who may pull, on their own subscription.
resource "google_pubsub_subscription_iam_member" "reader" {
  for_each = merge([
    for name, s in var.subscribers : { for member in s.readers : "${name} ${member}" => { name = name, member = member } }
  ]...)

  project      = var.project
  subscription = google_pubsub_subscription.subscriber[each.value.name].name
  role         = "roles/pubsub.subscriber"
  member       = each.value.member
}

# One account for each push: it may call its own subscriber and nothing else.
resource "google_service_account" "push" {
  for_each = local.push_subscribers

  project      = var.project
  account_id   = "${each.key}-push"
  display_name = "Pub/Sub push to ${each.key}"
  description  = "Signs the OIDC token of push deliveries to ${each.key}."
}

# Lets Pub/Sub sign as this one account. Agents made before 8 April 2021 need it; on the account, never on the project.
resource "google_service_account_iam_member" "agent_signs_push" {
  for_each = local.push_subscribers

  service_account_id = google_service_account.push[each.key].name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.pubsub_agent
}
