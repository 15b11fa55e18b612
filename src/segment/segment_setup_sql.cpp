#include "pg/store.hpp"

// Subjects are compared byte by byte, which is what their ids need, and fast. No foreign keys: each would cost a lookup
// for every member.
CD_FUNCTION(cd_segment_setup) {
    cd::pg::set_up("segment", 1,
                   {{"segment", R"sql(
        CREATE TABLE customer_store.segment (
            name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
            category text,
            description text,
            query text NOT NULL,
            rule jsonb,
            profile text,
            key text,
            uses text[] NOT NULL DEFAULT '{}',
            search_path text NOT NULL DEFAULT current_setting('search_path'),
            definer name NOT NULL DEFAULT current_user,
            defined_at timestamptz NOT NULL DEFAULT now(),
            refreshed_at timestamptz,
            CHECK ((rule IS NULL) = (profile IS NULL) AND (rule IS NULL) = (key IS NULL))
        );
        COMMENT ON TABLE customer_store.segment IS
            'segments by name: the query that returns their subjects, and the rule it was made of; written by customer_data.segment_define';
        COMMENT ON COLUMN customer_store.segment.definer IS 'whose rights the query has at most; who is granted the table may write only the own name';
        ALTER TABLE customer_store.segment ENABLE ROW LEVEL SECURITY;
        CREATE POLICY segment_read ON customer_store.segment FOR SELECT USING (true);
        CREATE POLICY segment_add ON customer_store.segment FOR INSERT WITH CHECK (definer = current_user);
        CREATE POLICY segment_change ON customer_store.segment FOR UPDATE USING (true) WITH CHECK (definer = current_user);
        CREATE POLICY segment_remove ON customer_store.segment FOR DELETE USING (true);
         )sql"},
                    {"segment_member", R"sql(
        CREATE TABLE customer_store.segment_member (
            segment text COLLATE "C",
            subject text COLLATE "C",
            since timestamptz NOT NULL,
            PRIMARY KEY (segment, subject)
        );
        COMMENT ON TABLE customer_store.segment_member IS 'who is in a segment, since when; written by customer_data.segment_refresh';
         )sql"},
                    {"segment_change", R"sql(
        CREATE TABLE customer_store.segment_change (
            segment text COLLATE "C",
            subject text COLLATE "C",
            change text NOT NULL CHECK (change IN ('entered', 'departed')),
            at timestamptz,
            PRIMARY KEY (segment, subject, at)
        );
        COMMENT ON TABLE customer_store.segment_change IS 'who entered or departed from a segment, and when; written by customer_data.segment_refresh';
         )sql"},
                    {"segment_event", R"sql(
        CREATE TABLE customer_store.segment_event (
            name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
            relation text NOT NULL,
            subject_column text NOT NULL,
            time_column text NOT NULL
        );
        COMMENT ON TABLE customer_store.segment_event IS
            'what rules may call by name with did: a table with one row for each event; written by customer_data.segment_event_define';
         )sql"}});
    PG_RETURN_VOID();
}
