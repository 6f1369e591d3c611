/// The version of Quartier that is running.
package let quartierVersion = "0.1.0"
