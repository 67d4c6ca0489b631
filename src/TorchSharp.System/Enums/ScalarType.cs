namespace TorchSharp;

public static partial class torch
{
    /// <summary>Types of tensor elements, numbered as in libtorch.</summary>
    public enum ScalarType
    {
        /// <summary>Byte.</summary>
        Byte = 0,

        /// <summary>Int8.</summary>
        Int8 = 1,

        /// <summary>Int16.</summary>
        Int16 = 2,

        /// <summary>Int32.</summary>
        Int32 = 3,

        /// <summary>Int64.</summary>
        Int64 = 4,

        /// <summary>Float16.</summary>
        Float16 = 5,

        /// <summary>Float32.</summary>
        Float32 = 6,

        /// <summary>Float64.</summary>
        Float64 = 7,

        /// <summary>ComplexFloat32.</summary>
        ComplexFloat32 = 9,

        /// <summary>ComplexFloat64.</summary>
        ComplexFloat64 = 10,

        /// <summary>Bool.</summary>
        Bool = 11,

        /// <summary>BFloat16.</summary>
        BFloat16 = 15,
    }
}
