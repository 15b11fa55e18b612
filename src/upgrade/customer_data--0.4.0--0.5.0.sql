\echo Use "ALTER EXTENSION customer_data UPDATE TO '0.5.0'" to load this file. \quit
