// The profile of a segment in SQL.
#include "dataset/dataset_sql.hpp"
#include "pg/rows.hpp"
#include "segment/segment_profile.hpp"

using namespace cd;

CD_FUNCTION(cd_segment_profile) {
    pg::ResultRows result(fcinfo);
    const dataset::View view = dataset::view_arg(fcinfo->args[0].value);
    for (const segment::Contrast &contrast : segment::contrasts(view, pg::interrupts)) {
        enum { feature, kind, category, members, base, percent, z_score, count };
        const dataset::Column &column = view.shape().columns[contrast.feature];
        const std::string_view name = column.name;
        const std::string_view level = contrast.level == 0 ? std::string_view() : column.levels[contrast.level];
        Datum values[count] = {};
        bool nulls[count] = {};
        const char *const kind_name = column.is_category() ? "categorical" : "numeric";
        nulls[category] = contrast.level == 0;
        pg::call([&values, &name, &level, kind_name] {
            values[feature] = pg::text_datum(name);
            values[kind] = pg::text_datum(kind_name);
            values[category] = pg::text_datum(level);
        });
        pg::set(values[members], nulls[members], contrast.members);
        pg::set(values[base], nulls[base], contrast.base);
        pg::set(values[percent], nulls[percent], contrast.index);
        pg::set(values[z_score], nulls[z_score], contrast.z);
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}
