// Opens DuckDB through the native library just put in place, loads the extension given as argument,
// and prints the library's version. setup.sh refuses a library that does not get through this.
#include "CDuckDB.h"
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  if (argc != 2 || strchr(argv[1], '\'')) {
    fprintf(stderr, "usage: duckdb-selftest EXTENSION (a path without quotes)\n");
    return 2;
  }
  duckdb_database database;
  duckdb_connection connection;
  duckdb_result result;
  char *reason = NULL;
  if (duckdb_open_ext(":memory:", &database, NULL, &reason) != DuckDBSuccess ||
      duckdb_connect(database, &connection) != DuckDBSuccess) {
    fprintf(stderr, "cannot open a database in memory: %s\n", reason ? reason : "no reason given");
    return 1;
  }
  char sql[4096];
  if (snprintf(sql, sizeof sql, "LOAD '%s'", argv[1]) >= (int)sizeof sql) {
    fprintf(stderr, "the extension's path is too long\n");
    return 1;
  }
  if (duckdb_query(connection, sql, &result) != DuckDBSuccess) {
    fprintf(stderr, "%s\n", duckdb_result_error(&result));
    return 1;
  }
  duckdb_destroy_result(&result);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  printf("%s\n", duckdb_library_version());
  return 0;
}
