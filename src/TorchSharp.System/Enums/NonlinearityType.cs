namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class init
        {
            /// <summary>What follows a layer, for the gain of its initialisation.</summary>
            public enum NonlinearityType
            {
                /// <summary>Linear.</summary>
                Linear = 0,

                /// <summary>Conv1D.</summary>
                Conv1D = 1,

                /// <summary>Conv2D.</summary>
                Conv2D = 2,

                /// <summary>Conv3D.</summary>
                Conv3D = 3,

                /// <summary>ConvTranspose1D.</summary>
                ConvTranspose1D = 4,

                /// <summary>ConvTranspose2D.</summary>
                ConvTranspose2D = 5,

                /// <summary>ConvTranspose3D.</summary>
                ConvTranspose3D = 6,

                /// <summary>Sigmoid.</summary>
                Sigmoid = 7,

                /// <summary>Tanh.</summary>
                Tanh = 8,

                /// <summary>ReLU.</summary>
                ReLU = 9,

                /// <summary>LeakyReLU.</summary>
                LeakyReLU = 10,
            }
        }
    }
}
