# Whether a message can be lost between the topic and its subscribers.

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

run "kept_messages" {
  command = plan

  assert {
    condition     = google_pubsub_topic.incident_events.message_retention_duration == "604800s"
    error_message = "A new subscriber is to replay a week."
  }

  assert {
    condition     = alltrue([for s in concat(values(google_pubsub_subscription.subscriber), values(google_pubsub_subscription.dead_letter)) : s.expiration_policy[0].ttl == ""])
    error_message = "No subscription may expire: the default removes it after 31 quiet days."
  }

  assert {
    condition     = google_pubsub_subscription.dead_letter["incident-lead"].message_retention_duration == "2678400s"
    error_message = "Dead letters are kept for 31 days."
  }

  assert {
    condition     = google_pubsub_subscription.dead_letter["incident-lead"].topic == "projects/alan-eu-tools/topics/incident-lead-dead-letter"
    error_message = "A dead-letter topic without a subscription keeps nothing."
  }

  assert {
    condition     = google_pubsub_topic.incident_events.message_storage_policy[0].allowed_persistence_regions == toset(["europe-west1"])
    error_message = "Messages stay in the region."
  }
}

run "push" {
  command = plan

  assert {
    condition     = google_pubsub_subscription.subscriber["incident-lead"].push_config[0].push_endpoint == "https://incident-lead-abc-ew.a.run.app"
    error_message = "Push goes to the address of the service, not to the cloudfunctions.net one."
  }

  assert {
    condition     = google_pubsub_subscription.subscriber["incident-lead"].push_config[0].oidc_token[0].audience == google_pubsub_subscription.subscriber["incident-lead"].push_config[0].push_endpoint
    error_message = "Cloud Run compares the audience with its own address."
  }

  assert {
    condition     = google_pubsub_subscription.subscriber["incident-lead"].push_config[0].oidc_token[0].service_account_email == "incident-lead-push@alan-eu-tools.iam.gserviceaccount.com"
    error_message = "Deliveries are signed as the push account."
  }

  assert {
    condition     = google_pubsub_subscription.subscriber["incident-lead"].ack_deadline_seconds > google_cloudfunctions2_function.incident_lead.service_config[0].timeout_seconds && google_cloudfunctions2_function.incident_lead.service_config[0].timeout_seconds > 45
    error_message = "The ack deadline has to outlast the function, and the function its first database connection."
  }

  assert {
    condition     = google_pubsub_subscription.subscriber["incident-lead"].retry_policy[0].minimum_backoff == "10s" && google_pubsub_subscription.subscriber["incident-lead"].retry_policy[0].maximum_backoff == "600s"
    error_message = "Backoff is 10 s to 600 s."
  }
}

# No plan shows an order, so this reads the text.
run "roles_before_deliveries" {
  command = plan

  assert {
    condition = toset(regexall("google_\\w+\\.\\w+", regex("(?s)resource \"google_pubsub_subscription\" \"subscriber\".*?depends_on = \\[(.*?)\\]", file("${path.module}/incident-events.tf"))[0])) == toset([
      "google_cloud_run_service_iam_member.lead_push",
      "google_pubsub_topic_iam_member.agent_publishes_dead_letters",
      "google_service_account_iam_member.agent_signs_push",
    ])
    error_message = "A delivery before Pub/Sub may sign, call and dead-letter is refused, and counted as an attempt."
  }
}

run "dead_letter" {
  command = plan

  assert {
    condition     = google_pubsub_subscription.subscriber["incident-lead"].dead_letter_policy[0].dead_letter_topic == "projects/alan-eu-tools/topics/incident-lead-dead-letter"
    error_message = "incident-lead dead-letters to its own topic."
  }

  assert {
    condition     = google_pubsub_subscription.subscriber["incident-lead"].dead_letter_policy[0].max_delivery_attempts == 30
    error_message = "30 attempts ride out two hours of database outage, even where the pauses grow by 1.3 only."
  }

  assert {
    condition     = [google_pubsub_topic_iam_member.agent_publishes_dead_letters["incident-lead"].topic, google_pubsub_topic_iam_member.agent_publishes_dead_letters["incident-lead"].role, google_pubsub_topic_iam_member.agent_publishes_dead_letters["incident-lead"].member] == ["incident-lead-dead-letter", "roles/pubsub.publisher", "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"]
    error_message = "Without publisher on the dead-letter topic the agent forwards nothing."
  }

  assert {
    condition     = [google_pubsub_subscription_iam_member.agent_acknowledges_forwarded["incident-lead"].subscription, google_pubsub_subscription_iam_member.agent_acknowledges_forwarded["incident-lead"].role, google_pubsub_subscription_iam_member.agent_acknowledges_forwarded["incident-lead"].member] == ["incident-lead", "roles/pubsub.subscriber", "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"]
    error_message = "Without subscriber on the source the agent delivers for ever."
  }

  assert {
    condition     = length(google_pubsub_subscription_iam_member.operator_takes_dead_letters) == 0 && length(google_pubsub_topic_iam_member.operator_republishes) == 0
    error_message = "Nobody may redrive unless named."
  }
}

run "redrive" {
  command = plan

  variables {
    redrive_operators = ["group:sre@example.com"]
  }

  assert {
    condition     = [for m in values(google_pubsub_subscription_iam_member.operator_takes_dead_letters) : [m.subscription, m.role, m.member]] == [["incident-lead-dead-letter", "roles/pubsub.subscriber", "group:sre@example.com"]]
    error_message = "Operators pull dead letters, nothing else."
  }

  assert {
    condition     = [for m in values(google_pubsub_topic_iam_member.operator_republishes) : [m.topic, m.role, m.member]] == [["incident-events", "roles/pubsub.publisher", "group:sre@example.com"]]
    error_message = "Operators publish to the events topic."
  }

  assert {
    condition     = output.redrive_command == "npm run redrive -- --project alan-eu-tools --subscription incident-lead-dead-letter --topic incident-events --dry-run"
    error_message = "The command names what it moves, and moves nothing as it stands."
  }
}

run "fan_out" {
  command = plan

  variables {
    subscribers = {
      archive = { readers = ["group:data@example.com"] }
      statistics = {
        filter = "attributes.incidentStatus = \"live\""
        push   = { endpoint = "https://statistics.example.com/events" }
      }
    }
  }

  assert {
    condition     = sort(keys(google_pubsub_subscription.subscriber)) == tolist(["archive", "incident-lead", "statistics"])
    error_message = "One entry, one subscription."
  }

  assert {
    condition     = google_pubsub_subscription.subscriber["statistics"].filter == "attributes.incidentStatus = \"live\"" && google_pubsub_subscription.subscriber["incident-lead"].filter == ""
    error_message = "A filter holds for its own subscriber."
  }

  assert {
    condition     = [for p in google_pubsub_subscription.subscriber["statistics"].push_config : [p.push_endpoint, p.oidc_token[0].audience, p.oidc_token[0].service_account_email]] == [["https://statistics.example.com/events", "https://statistics.example.com/events", "statistics-push@alan-eu-tools.iam.gserviceaccount.com"]]
    error_message = "A push subscriber is called with a token of an account of its own."
  }

  assert {
    condition     = length(google_pubsub_subscription.subscriber["archive"].push_config) == 0
    error_message = "Without push it is pulled."
  }

  assert {
    condition     = [for m in values(google_pubsub_subscription_iam_member.reader) : [m.subscription, m.role, m.member]] == [["archive", "roles/pubsub.subscriber", "group:data@example.com"]]
    error_message = "Readers pull from their own subscription."
  }

  assert {
    condition     = alltrue([for name, s in google_pubsub_subscription.subscriber : s.dead_letter_policy[0].dead_letter_topic == "projects/alan-eu-tools/topics/${name}-dead-letter" && s.expiration_policy[0].ttl == ""])
    error_message = "Each subscriber has its own dead letter and never expires."
  }

  assert {
    condition     = length(google_pubsub_subscription.dead_letter) == 3 && length(google_pubsub_topic_iam_member.agent_publishes_dead_letters) == 3 && length(google_pubsub_subscription_iam_member.agent_acknowledges_forwarded) == 3
    error_message = "Each dead letter has its subscription and both grants."
  }

  assert {
    condition     = sort(keys(google_service_account.push)) == tolist(["incident-lead", "statistics"])
    error_message = "Only push needs an account."
  }
}
