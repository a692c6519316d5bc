/* What SQLite itself needs for the same rows: rawinsert SOURCE TARGET BATCH TABLE=QUERY... -- TABLE=QUERY...
 *
 * Reads the rows of every query from SOURCE into memory, inserts those before `--` untimed, then those after it in
 * transactions of BATCH rows of each table, and prints the seconds from the first BEGIN to the close of TARGET.
 * The same pragmas as hadir's: WAL, synchronous FULL, foreign keys; cache and checkpoints as its centre has them.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    int count, columns;
    sqlite3_value **values;
    sqlite3_stmt *insert;
} Table;

static void die(sqlite3 *db, const char *what) {
    fprintf(stderr, "rawinsert: %s: %s\n", what, db ? sqlite3_errmsg(db) : "");
    exit(1);
}

static void run(sqlite3 *db, const char *sql) {
    if (sqlite3_exec(db, sql, 0, 0, 0) != SQLITE_OK) die(db, sql);
}

static Table load(sqlite3 *source, sqlite3 *target, const char *word) {
    Table table = {0};
    sqlite3_stmt *select;
    const char *query = strchr(word, '=');
    if (!query) die(0, word);
    if (sqlite3_prepare_v2(source, query + 1, -1, &select, 0) != SQLITE_OK) die(source, query);
    table.columns = sqlite3_column_count(select);
    int room = 0;
    while (sqlite3_step(select) == SQLITE_ROW) {
        if (table.count == room) {
            room = room ? room * 2 : 1024;
            table.values = realloc(table.values, sizeof(sqlite3_value *) * room * table.columns);
            if (!table.values) die(0, "memory");
        }
        for (int column = 0; column < table.columns; column++)
            table.values[table.count * table.columns + column] = sqlite3_value_dup(sqlite3_column_value(select, column));
        table.count++;
    }
    sqlite3_finalize(select);
    char sql[512];
    int length = snprintf(sql, sizeof sql, "INSERT INTO %.*s VALUES (?", (int)(query - word), word);
    for (int column = 1; column < table.columns; column++) length += snprintf(sql + length, sizeof sql - length, ",?");
    snprintf(sql + length, sizeof sql - length, ")");
    if (sqlite3_prepare_v2(target, sql, -1, &table.insert, 0) != SQLITE_OK) die(target, sql);
    return table;
}

static void insert(sqlite3 *target, Table *table, int row) {
    for (int column = 0; column < table->columns; column++)
        sqlite3_bind_value(table->insert, column + 1, table->values[row * table->columns + column]);
    if (sqlite3_step(table->insert) != SQLITE_DONE) die(target, "insert");
    sqlite3_reset(table->insert);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **words) {
    if (count < 5) die(0, "usage: SOURCE TARGET BATCH TABLE=QUERY... -- TABLE=QUERY...");
    sqlite3 *source, *target;
    int batch = atoi(words[3]);
    if (batch < 1) die(0, "BATCH");
    if (sqlite3_open_v2(words[1], &source, SQLITE_OPEN_READONLY, 0) != SQLITE_OK) die(source, words[1]);
    if (sqlite3_open(words[2], &target) != SQLITE_OK) die(target, words[2]);
    run(target, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
                "PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=8192");
    Table tables[16];
    int used = 0, argument = 4;
    for (; argument < count && strcmp(words[argument], "--"); argument++) {
        Table table = load(source, target, words[argument]);
        run(target, "BEGIN");
        for (int row = 0; row < table.count; row++) insert(target, &table, row);
        run(target, "COMMIT");
        sqlite3_finalize(table.insert);
    }
    for (argument++; argument < count && used < 16; argument++) tables[used++] = load(source, target, words[argument]);
    sqlite3_close(source);
    int most = 0;
    for (int number = 0; number < used; number++)
        if (tables[number].count > most) most = tables[number].count;
    double begun = now();
    for (int start = 0; start < most; start += batch) {
        run(target, "BEGIN IMMEDIATE");
        for (int number = 0; number < used; number++)
            for (int row = start; row < start + batch && row < tables[number].count; row++)
                insert(target, &tables[number], row);
        run(target, "COMMIT");
    }
    for (int number = 0; number < used; number++) sqlite3_finalize(tables[number].insert);
    sqlite3_close(target);
    printf("%.4f\n", now() - begun);
    return 0;
}
