-- Tags are a column of type text[], with a GIN index.

CREATE FUNCTION customer_data.tag_add(tags text[], tag text) RETURNS text[]
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_tag_add';
COMMENT ON FUNCTION customer_data.tag_add(text[], text) IS 'tags with one more, sorted and none twice; transition function of tag_agg';
CREATE FUNCTION customer_data.tag_union(tags text[], more text[]) RETURNS text[]
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_tag_union';
COMMENT ON FUNCTION customer_data.tag_union(text[], text[]) IS 'tags of both, sorted and none twice; transition and combine function of tag_agg';
CREATE AGGREGATE customer_data.tag_agg(tag text) (
    SFUNC = customer_data.tag_add, STYPE = text[], INITCOND = '{}', COMBINEFUNC = customer_data.tag_union, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.tag_agg(text) IS 'the tags of a customer as a text[], sorted and none twice';
CREATE AGGREGATE customer_data.tag_agg(tags text[]) (
    SFUNC = customer_data.tag_union, STYPE = text[], INITCOND = '{}', COMBINEFUNC = customer_data.tag_union, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.tag_agg(text[]) IS 'all tags of several text[], sorted and none twice';
