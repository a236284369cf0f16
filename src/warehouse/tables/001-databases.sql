-- tributary: what the pipeline writes. app, app_raw, app_history: the replicated production database. mart: models. raw: imports.
CREATE DATABASE IF NOT EXISTS app;
CREATE DATABASE IF NOT EXISTS app_raw;
CREATE DATABASE IF NOT EXISTS app_history;
CREATE DATABASE IF NOT EXISTS mart;
CREATE DATABASE IF NOT EXISTS raw;
