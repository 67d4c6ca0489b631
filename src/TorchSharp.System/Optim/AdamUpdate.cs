using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>The update that Adam and AdamW share; they differ in where weight decay comes in.</summary>
    internal static class AdamUpdate
    {
        /// <summary>
        /// Updates the means with <paramref name="grad"/>, and the greatest mean squared gradient if it is kept (amsgrad), and
        /// moves the parameter. <paramref name="steps"/> counts this step too.
        /// </summary>
        public static void Apply(Tensor parameter, Tensor grad, Tensor mean, Tensor meanSquare, Tensor? greatest,
            long steps, double rate, double beta1, double beta2, double eps)
        {
            mean.mul_(beta1).add_(grad, 1 - beta1);
            meanSquare.mul_(beta2).addcmul_(grad, grad, 1 - beta2);
            greatest?.copy_(greatest.maximum(meanSquare));
            // The means begin at zero; the corrections make up for it.
            double correction1 = 1 - Math.Pow(beta1, steps), correction2 = 1 - Math.Pow(beta2, steps);
            Tensor denominator = (greatest ?? meanSquare).sqrt().div_(Math.Sqrt(correction2)).add_(eps);
            parameter.addcdiv_(mean, denominator, -rate / correction1);
        }
    }
}
