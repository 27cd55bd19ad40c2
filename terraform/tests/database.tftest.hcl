# The existing instance: the connection budget, and what an instance must have.

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

# The defaults make 2 x 3 x 2 = 12 connections.
run "budget_kept" {
  command = plan

  variables {
    database_connection_limit = 13
  }

  assert {
    condition     = google_cloudfunctions2_function.incident_lead.service_config[0].environment_variables.DB_POOL_MAX == "2" && google_cloudfunctions2_function.incident_lead.service_config[0].max_instance_count == 3
    error_message = "The function must get what the budget counts."
  }
}

run "schema" {
  command = plan

  assert {
    condition     = google_cloudfunctions2_function.incident_lead.service_config[0].environment_variables.DB_SCHEMA == "public"
    error_message = "The view is in the schema public unless said otherwise."
  }
}

run "another_schema" {
  command = plan

  variables {
    database_schema = "people"
  }

  assert {
    condition     = google_cloudfunctions2_function.incident_lead.service_config[0].environment_variables.DB_SCHEMA == "people"
    error_message = "The function reads the view of the schema given."
  }
}

run "budget_reached" {
  command = plan

  variables {
    database_connection_limit = 12
  }

  expect_failures = [google_cloudfunctions2_function.incident_lead]
}

run "budget_exceeded_by_instances" {
  command = plan

  variables {
    incident_lead = { max_instances = 7 }
  }

  expect_failures = [google_cloudfunctions2_function.incident_lead]
}

run "budget_exceeded_by_pool" {
  command = plan

  variables {
    database_pool_max = 5
  }

  expect_failures = [google_cloudfunctions2_function.incident_lead]
}

run "lower_flag_wins" {
  command = plan

  variables {
    database_connection_limit = 100
  }

  override_data {
    target          = data.google_sql_database_instance.alaners
    override_during = plan
    values = {
      connection_name    = "alan-eu-tools:europe-west1:alan-backend"
      database_version   = "POSTGRES_15"
      private_ip_address = "10.0.0.3"
      settings           = [{ database_flags = [{ name = "cloudsql.iam_authentication", value = "on" }, { name = "max_connections", value = "12" }], ip_configuration = [] }]
    }
  }

  expect_failures = [google_cloudfunctions2_function.incident_lead]
}

run "higher_flag_does_not" {
  command = plan

  variables {
    database_connection_limit = 12
  }

  override_data {
    target          = data.google_sql_database_instance.alaners
    override_during = plan
    values = {
      connection_name    = "alan-eu-tools:europe-west1:alan-backend"
      database_version   = "POSTGRES_15"
      private_ip_address = "10.0.0.3"
      settings           = [{ database_flags = [{ name = "cloudsql.iam_authentication", value = "on" }, { name = "max_connections", value = "100" }], ip_configuration = [] }]
    }
  }

  expect_failures = [google_cloudfunctions2_function.incident_lead]
}

run "not_postgresql" {
  command = plan

  override_data {
    target          = data.google_sql_database_instance.alaners
    override_during = plan
    values = {
      connection_name    = "alan-eu-tools:europe-west1:alan-backend"
      database_version   = "MYSQL_8_0"
      private_ip_address = "10.0.0.3"
      settings           = [{ database_flags = [{ name = "cloudsql.iam_authentication", value = "on" }], ip_configuration = [] }]
    }
  }

  expect_failures = [data.google_sql_database_instance.alaners]
}

run "iam_authentication_off" {
  command = plan

  override_data {
    target          = data.google_sql_database_instance.alaners
    override_during = plan
    values = {
      connection_name    = "alan-eu-tools:europe-west1:alan-backend"
      database_version   = "POSTGRES_15"
      private_ip_address = "10.0.0.3"
      settings           = [{ database_flags = [{ name = "cloudsql.iam_authentication", value = "off" }], ip_configuration = [] }]
    }
  }

  expect_failures = [data.google_sql_database_instance.alaners]
}

run "no_private_address" {
  command = plan

  override_data {
    target          = data.google_sql_database_instance.alaners
    override_during = plan
    values = {
      connection_name    = "alan-eu-tools:europe-west1:alan-backend"
      database_version   = "POSTGRES_15"
      private_ip_address = ""
      settings           = [{ database_flags = [{ name = "cloudsql.iam_authentication", value = "on" }], ip_configuration = [] }]
    }
  }

  expect_failures = [data.google_sql_database_instance.alaners]
}

run "no_psc" {
  command = plan

  variables {
    database_ip_type = "PSC"
  }

  override_data {
    target          = data.google_sql_database_instance.alaners
    override_during = plan
    values = {
      connection_name    = "alan-eu-tools:europe-west1:alan-backend"
      database_version   = "POSTGRES_15"
      private_ip_address = "10.0.0.3"
      settings           = [{ database_flags = [{ name = "cloudsql.iam_authentication", value = "on" }], ip_configuration = [{ psc_config = [{ psc_enabled = false }] }] }]
    }
  }

  expect_failures = [data.google_sql_database_instance.alaners]
}

run "psc" {
  command = plan

  variables {
    database_ip_type = "PSC"
  }

  override_data {
    target          = data.google_sql_database_instance.alaners
    override_during = plan
    values = {
      connection_name    = "alan-eu-tools:europe-west1:alan-backend"
      database_version   = "POSTGRES_15"
      private_ip_address = ""
      settings           = [{ database_flags = [{ name = "cloudsql.iam_authentication", value = "on" }], ip_configuration = [{ psc_config = [{ psc_enabled = true }] }] }]
    }
  }

  assert {
    condition     = google_cloudfunctions2_function.incident_lead.service_config[0].environment_variables.DB_IP_TYPE == "PSC"
    error_message = "The connector has to be told to use the endpoint."
  }
}

run "instance_of_another_project" {
  command = plan

  variables {
    database_project = "alan-data"
  }

  assert {
    condition     = alltrue([for r in [google_project_iam_member.lead_cloudsql_client, google_project_iam_member.lead_cloudsql_user, google_sql_user.incident_lead] : r.project == "alan-data"])
    error_message = "Roles and user belong to the project of the instance."
  }

  assert {
    condition     = strcontains(google_project_iam_member.lead_cloudsql_client.condition[0].expression, "\"projects/alan-data/instances/alan-backend\"")
    error_message = "The condition names the instance where it is."
  }
}
