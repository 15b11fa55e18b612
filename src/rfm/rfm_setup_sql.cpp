#include "pg/store.hpp"

CD_FUNCTION(cd_rfm_setup) {
    cd::pg::set_up("rfm", 1, {{"rfm_segment_rule", R"sql(
        CREATE TABLE customer_store.rfm_segment_rule (
            rules text NOT NULL CHECK (rules <> '' AND rules NOT IN ('classic', 'r_rfm')),
            rule_number integer NOT NULL CHECK (rule_number > 0),
            segment text NOT NULL CHECK (segment <> ''),
            recency_low smallint NOT NULL DEFAULT 1,
            recency_high smallint NOT NULL DEFAULT 5,
            frequency_low smallint NOT NULL DEFAULT 1,
            frequency_high smallint NOT NULL DEFAULT 5,
            monetary_low smallint NOT NULL DEFAULT 1,
            monetary_high smallint NOT NULL DEFAULT 5,
            PRIMARY KEY (rules, rule_number),
            CHECK (1 <= recency_low AND recency_low <= recency_high AND recency_high <= 5),
            CHECK (1 <= frequency_low AND frequency_low <= frequency_high AND frequency_high <= 5),
            CHECK (1 <= monetary_low AND monetary_low <= monetary_high AND monetary_high <= 5)
        );
        COMMENT ON TABLE customer_store.rfm_segment_rule IS
            'rule sets for customer_data.rfm_segment: tried in the order of rule_number, first match wins';
    )sql"}});
    PG_RETURN_VOID();
}
